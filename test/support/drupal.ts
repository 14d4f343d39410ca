import type { Agent, Answer } from './agent.js';
import { rightPassword, type TestGatehouse } from './gatehouse.js';

export interface DrupalLogin {
  agent: Agent;
  csrfToken: string;
  logoutToken: string;
  uid: string;
}

/** Somebody who is logged in as Drupal's clients do it. */
export async function logInAs(gatehouse: TestGatehouse, name: string, pass = rightPassword): Promise<DrupalLogin> {
  const agent = gatehouse.agent();
  const answer = await agent.post('/user/login?_format=json', { name, pass });
  if (answer.status !== 200) throw new Error(`login failed: ${answer.status} ${answer.text}`);
  const body = answer.json as { csrf_token: string; logout_token: string; current_user: { uid: string } };
  return { agent, csrfToken: body.csrf_token, logoutToken: body.logout_token, uid: body.current_user.uid };
}

export function basic(name: string, pass = rightPassword): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${pass}`).toString('base64')}` };
}

/** Status and message of a refusal, checked to be all there is. */
export function refusal({ status, headers, text, json }: Answer): [number, string] {
  const { message, ...rest } = json as { message: string };
  if (headers.get('content-type') !== 'application/json' || Object.keys(rest).length > 0)
    throw new Error(`not a refusal of this dialect: ${status} ${headers.get('content-type')} ${text}`);
  return [status, message];
}

/** The path of the link in the newest mail to an address. */
export function linkIn(text: string): string {
  return new URL(/https?:\/\/[^\s"<>]+/.exec(text)![0]).pathname;
}
