import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type SearchMiddleware,
} from '@tanstack/react-router';
import { OverviewPage } from './overview/overview-page.tsx';
import { searchOf, type ListSearch, type ObjectSearch, type PageSearch } from './search-params.ts';
import { Loading } from './shared/loading.tsx';
import { part } from './shared/part.ts';
import { BrokenPage } from './shell/broken-page.tsx';
import { Layout } from './shell/layout.tsx';
import { NotFound } from './shell/not-found.tsx';

/** Where and when one looks stays as one goes about, unless it is said otherwise (undefined takes it away). */
const keepPlace: SearchMiddleware<PageSearch> = ({ search, next }) => {
  const { ns, at } = search;
  const wanted = next(search);
  return {
    ...(ns !== undefined && !('ns' in wanted) && { ns }),
    ...(at !== undefined && !('at' in wanted) && { at }),
    ...wanted,
  };
};

const root = createRootRoute({
  component: Layout,
  notFoundComponent: NotFound,
  validateSearch: (raw): PageSearch => searchOf(raw, ['ns', 'at']),
  search: { middlewares: [keepPlace] },
});

const overview = createRoute({ getParentRoute: () => root, path: '/', component: OverviewPage });
export const listRoute = createRoute({
  getParentRoute: () => root,
  path: '/kinds/$resource',
  validateSearch: (raw): ListSearch => searchOf(raw, ['ns', 'at', 'q', 'sort', 'cols']),
  component: lazyRouteComponent(() => part(() => import('./list/list-page.tsx')), 'ListPage'),
});
export const objectRoute = createRoute({
  getParentRoute: () => root,
  path: '/kinds/$resource/$namespace/$name',
  validateSearch: (raw): ObjectSearch => searchOf(raw, ['ns', 'at', 'tab']),
  component: lazyRouteComponent(() => part(() => import('./object/object-page.tsx')), 'ObjectPage'),
});
const apply = createRoute({
  getParentRoute: () => root,
  path: '/apply',
  component: lazyRouteComponent(() => part(() => import('./apply/apply-page.tsx')), 'ApplyPage'),
});
const changes = createRoute({
  getParentRoute: () => root,
  path: '/changes',
  component: lazyRouteComponent(() => part(() => import('./changes/changes-page.tsx')), 'ChangesPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([overview, listRoute, objectRoute, apply, changes]),
  basepath: '/dashboard',
  defaultPreload: false,
  // each parameter is a text as it is, so that an address can be read and written by hand
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(
      Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    ).toString();
    return text && `?${text}`;
  },
  // a click shows where it leads at once; what is there comes as it comes
  defaultPendingMinMs: 0,
  defaultPendingComponent: Loading,
  defaultErrorComponent: BrokenPage,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
