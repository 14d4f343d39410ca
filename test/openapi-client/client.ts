// Compiled by the test against the types that openapi-typescript made of our document: a client as one would write it.
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

const client = createClient<paths>({ baseUrl: 'http://localhost:3000' });

export async function logIn(): Promise<string | undefined> {
  const { data, error } = await client.POST('/api/login/logins/auth', {
    body: { username: 'user', password: 'secret', remember: true },
  });
  if (error) console.error(error);
  return data?.redirect;
}

export async function whoAmI(): Promise<string | undefined> {
  const { data } = await client.GET('/api/login/users/current', {});
  const [user] = data ?? [];
  const uid: number | undefined = user?.uid;
  return uid === undefined ? undefined : user?.username;
}

export async function show(id: string): Promise<unknown> {
  const { data } = await client.GET('/user/{user}', { params: { path: { user: id } } });
  return data;
}

export async function wrong(): Promise<void> {
  // @ts-expect-error a password is needed
  await client.POST('/api/login/logins/auth', { body: { username: 'user' } });
}
