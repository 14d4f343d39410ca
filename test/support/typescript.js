/** `node --import ./test/support/typescript.js file.ts`: a child process of a test runs our sources as they are. */
import { register } from 'node:module';

register('./typescript-hooks.js', import.meta.url);
