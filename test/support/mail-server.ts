import PostalMime, { type Email } from 'postal-mime';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface MailServer {
  url: string;
  port: number;
  /** what arrived, in order */
  mails: (Email & { secure: boolean; user: string })[];
  close(): Promise<void>;
}

/** A real mail server on loopback. `refuse` answers an error for the n-th try (from 1) to hand a mail over. */
export async function startMailServer(
  options: SMTPServerOptions = {},
  refuse: (attempt: number) => { code: number; text: string } | undefined = () => undefined,
  port = 0,
): Promise<MailServer> {
  const mails: MailServer['mails'] = [];
  let attempts = 0;
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    // no warning that its certificate is publicly known
    logger: false,
    ...options,
    onData(stream, session, answer) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const no = refuse(++attempts);
        if (no) return answer(Object.assign(new Error(no.text), { responseCode: no.code }));
        void PostalMime.parse(Buffer.concat(chunks))
          .then((mail) => mails.push({ ...mail, secure: session.secure, user: session.user ?? '' }))
          .then(() => answer(), answer);
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const used = (server.server.address() as AddressInfo).port;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `smtp://127.0.0.1:${used}`, port: used, mails, close };
}
