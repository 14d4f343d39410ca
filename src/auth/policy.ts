/** Choices in which families of clients honestly differ; each dialect states its own. */
export interface LoginPolicy {
  /** `username` may also be an e-mail address */
  byEmail: boolean;
  /** a switched-off account is admitted to be one, before the password is looked at */
  admitsBlockFirst: boolean;
  /** wrong passwords lock the account */
  lockout: boolean;
  /** limits of failed logins inside the login itself; undefined = only what `throttle` counts */
  flood?: FloodLimits;
}

/** Windows in seconds. */
export interface FloodLimits {
  addressLimit: number;
  addressWindow: number;
  userLimit: number;
  userWindow: number;
  /** count per user over all addresses instead of per user and address */
  userOnly: boolean;
}
