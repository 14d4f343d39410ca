/** Exit codes that scripts rely on (sysexits.h for 75 and 78). */
export const exitCodes = { fine: 0, failed: 1, wrongUse: 2, unavailable: 75, misconfigured: 78, interrupted: 130 };

/** The thing asked for did not work; the message is for the person at the terminal, who may know already (''). */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  constructor(
    message: string,
    readonly exitCode = exitCodes.failed,
  ) {
    super(message);
  }
}
