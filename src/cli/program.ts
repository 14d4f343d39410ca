import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { describeMistake, Misconfiguration, Refusal } from '../errors.js';
import { version } from '../lib/version.js';
import { fill } from '../pages/text.js';
import { en as texts } from '../pages/texts/en.js';
import { CopyFailure, StoreUnavailable } from '../stores/contract.js';
import { CommandFailure, exitCodes } from './exit.js';
import { auditCommand } from './audit.js';
import { backupCommand } from './backup.js';
import { calibrateCommand } from './calibrate.js';
import { checkCommand } from './check.js';
import { doctorCommand } from './doctor.js';
import { mailCommand } from './mail.js';
import { maintenanceCommands } from './maintenance.js';
import { oneTimeCommand } from './one-time.js';
import { harmless } from './output.js';
import { restoreCommand } from './restore.js';
import { routesCommands } from './routes.js';
import { serveCommand } from './serve.js';
import { userCommand } from './user.js';

/** Runs one command line. Answers the exit code; messages of failure go to stderr. */
export async function run(argv: string[]): Promise<number> {
  try {
    await createProgram().parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? exitCodes.fine);
  } catch (error) {
    return report(error);
  }
}

export function createProgram(): Command {
  const program = new Command('gatehouse')
    .description('A login server: edit routes.yaml, get a guarded endpoint.')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride();
  for (const command of [
    serveCommand(),
    checkCommand(),
    doctorCommand(),
    ...routesCommands(),
    userCommand(),
    oneTimeCommand(),
    mailCommand(),
    auditCommand(),
    calibrateCommand(),
    backupCommand(),
    restoreCommand(),
    ...maintenanceCommands(),
  ]) {
    program.addCommand(command);
  }
  for (const command of allCommands(program)) command.exitOverride().configureHelp({ sortOptions: true });
  return program;
}

export function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.wrongUse;
  if (error instanceof InvalidArgumentError) return fail(error.message, exitCodes.wrongUse);
  if (error instanceof Misconfiguration)
    return fail(error.mistakes.map(describeMistake).join('\n'), exitCodes.misconfigured);
  if (error instanceof CommandFailure) return error.message ? fail(error.message, error.exitCode) : error.exitCode;
  if (error instanceof Refusal) return fail(describeRefusal(error), exitCodes.failed);
  if (error instanceof CopyFailure) return fail(error.message, exitCodes.failed);
  if (error instanceof StoreUnavailable) return fail(`The database cannot be used: ${error.message}`, exitCodes.failed);
  return fail(error instanceof Error ? (error.stack ?? error.message) : String(error), exitCodes.failed);
}

function fail(message: string, code: number): number {
  process.stderr.write(`${harmless(message)}\n`);
  return code;
}

function describeRefusal({ reason, detail }: Refusal): string {
  const { problems, refusals } = texts;
  if (!detail.problems) return fill(refusals[reason], {});
  return detail.problems.map(({ field, code, values }) => `${field}: ${fill(problems[code], values ?? {})}`).join('\n');
}
