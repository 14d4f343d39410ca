/** The base class its own stores extend; the package exports it as a file, without a type. */
declare module 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js' {
  import type { IRateLimiterStoreOptions, RateLimiterRes, RateLimiterStoreAbstract } from 'rate-limiter-flexible';

  export default abstract class extends RateLimiterStoreAbstract {
    constructor(options: IRateLimiterStoreOptions);
    abstract _upsert(key: string, points: number, milliseconds: number, force?: boolean): Promise<unknown>;
    abstract _get(key: string): Promise<unknown>;
    abstract _delete(key: string): Promise<boolean>;
    abstract _getRateLimiterRes(key: string, changedPoints: number, result: unknown): RateLimiterRes;
  }
}
