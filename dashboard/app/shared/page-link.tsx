import { Link, useNavigate, useRouter, useSearch, type LinkProps } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { AnchorHTMLAttributes } from 'react';
import type { ListSearch, ObjectSearch } from '../search-params.ts';

interface Props extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  /** below the page's own root: `/kinds/pods` */
  to: string;
  /** parameters that change with it; the others stay */
  search?: { at?: string };
}

/** A link to another page of the dashboard. Kinds come at run time, so that a path is no type of the router's. */
export const PageLink = ({ to, search, ...rest }: Props) => (
  <Link {...({ to, ...(search && { search }), ...rest } as LinkProps)} />
);

type Parameters = ListSearch & ObjectSearch;
type Change = { [name in keyof Parameters]?: string | undefined };

/** Goes to another page. */
export function useGo(): (to: string) => void {
  const navigate = useNavigate();
  return (to) => void navigate({ to });
}

/** Addresses of other pages, for links of which there are many; where and when one looks goes along as with PageLink. */
export function usePageAddress(): (to: string) => string {
  const { basepath, options } = useRouter();
  const { ns, at } = useSearch({ strict: false });
  return useCallback(
    (to) => `${basepath}${to}${options.stringifySearch?.({ ns, at }) ?? ''}`,
    [basepath, options, ns, at],
  );
}

/** Changes parameters of the page's URL; undefined takes one away. What is passed by is no step of the history. */
export function useChangeSearch(): (change: Change, options?: { step?: boolean }) => void {
  const navigate = useNavigate();
  return (change, { step = false } = {}) =>
    void navigate({ to: '.', search: ((before: Change) => ({ ...before, ...change })) as never, replace: !step });
}
