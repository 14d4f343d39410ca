import type { Context } from 'koa';
import type { Services } from '../../auth/services.js';
import { stateOf } from '../../http/state.js';
import { pages } from '../../pages/index.js';
import { showPage } from '../../pages/show.js';
import { pathOf } from '../../pages/view.js';
import { openResume } from './resume.js';
import { typedInto } from './typed.js';

/** To the next page. The page's own script cannot see where a redirect leads, so it is told. */
export function goTo(ctx: Context, target: string): void {
  const byScript = ctx.get('X-Requested-With') === 'page';
  ctx.set(byScript ? 'X-Location' : 'Location', target);
  ctx.status = byScript ? 200 : 303;
  ctx.body = '';
}

/** Where somebody who is signed in belongs. */
export function homeOf(services: Services): string {
  return pathOf(services, 'account-page') || pathOf(services, 'home-page') || services.settings.publicUrl;
}

/** A page of ours with a sentence about what was done. */
export function goToPage(ctx: Context, services: Services, page: string, query: Record<string, string> = {}): void {
  const path = pathOf(services, page, ctx.params as Record<string, string>);
  if (!path) return goTo(ctx, services.settings.publicUrl);
  const search = new URLSearchParams(query).toString();
  goTo(ctx, search ? `${path}?${search}` : path);
}

/** Back to what a login interrupted: the page as it was, with what had been typed; else to `next`. */
export function goOn(ctx: Context, services: Services, next: string): void {
  stateOf(ctx).afterwards = async () => {
    const resume = openResume(services, (await typedInto(ctx, services))['resume'] ?? '');
    const page = pages.get(resume?.page ?? '');
    if (!resume) return goTo(ctx, next);
    if (!page || !resume.typed) return goTo(ctx, resume.path);
    const { typed, pressed } = resume;
    await showPage(ctx, services, page, ({ texts }) => ({
      typed,
      message: { kind: 'warning', text: pressed ? texts.words.again : texts.words.kept },
    }));
  };
}

/** Back to where the form stood, its filters included: the page's own address, as the browser names it. */
export function goBack(ctx: Context, services: Services, done: string): void {
  stateOf(ctx).afterwards = async () => {
    const page = pages.get(String(ctx.query['page']));
    const parameters = { ...(await typedInto(ctx, services)), ...(ctx.params as Record<string, string>) };
    const path = pathOf(services, page?.next ?? page?.name ?? '', parameters);
    const from = URL.canParse(ctx.get('Referer')) ? new URL(ctx.get('Referer')) : undefined;
    const search = from?.host === ctx.host && from.pathname === path ? from.searchParams : new URLSearchParams();
    search.set('done', done);
    goTo(ctx, path ? `${path}?${search.toString()}` : homeOf(services));
  };
}
