import { useDocumentTitle } from '@mantine/hooks';

/** What a page is called among others: `web, Deployments`. */
export const usePageTitle = (title: string): void => useDocumentTitle(`${title} – ku7s`);
