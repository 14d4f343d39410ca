#!/usr/bin/env node
import { run } from './cli/program.js';

// `gatehouse routes | head` ends when head has seen enough
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await run(process.argv.slice(2));
