import type { User } from '../stores/contract.js';
import type { Services, Visitor } from './services.js';
import { changeUser } from './users.js';

/** What people may change of their own record without proving who they are once more. */
export interface Profile {
  firstName: string;
  lastName: string;
  company: string;
  telephone: string;
  language: string;
}

export function changeProfile(
  services: Services,
  user: User,
  { firstName, lastName, company, telephone, language }: Partial<Profile>,
  visitor: Visitor,
): Promise<User> {
  const given = Object.entries({ firstName, lastName, company, telephone, language });
  const patch = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return changeUser(services, user, patch, user.username, visitor);
}
