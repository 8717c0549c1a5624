import type { Page, Response } from 'playwright-core';

/**
 * Notes what no page may do: throw, break its own policy, ask another host, or ask for what its user may not have.
 * What is refused while nobody is signed in is none: that is how a page finds out.
 */
export function watchFaults(page: Page, server: () => string, faults: string[]): void {
  page.on('pageerror', ({ message }) => faults.push(`error: ${message}`));
  page.on('console', (line) => {
    if (/Content.Security.Policy/i.test(line.text())) faults.push(line.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    // one may leave for a provider at which one signs in
    if (request.isNavigationRequest()) return;
    if (protocol !== 'data:' && protocol !== 'blob:' && host !== new URL(server()).host) faults.push(request.url());
  });
  page.on('response', (response) => void noteRefusal(response, faults));
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      if (typeof payload === 'string' && isRefused(payload)) faults.push(`over the socket: ${payload}`);
    }),
  );
}

async function noteRefusal(response: Response, faults: string[]): Promise<void> {
  const request = response.request();
  try {
    const { cookie } = await request.allHeaders();
    if (cookie === undefined) return;
    const refused = response.status() === 401 || response.status() === 403;
    const isOperation = new URL(response.url()).pathname === '/graphql';
    const text = refused || isOperation ? await response.text() : '';
    if (refused || isRefused(text)) faults.push(`${response.url()} ${request.postData()}: ${text.slice(0, 2000)}`);
  } catch {
    // the page was left meanwhile
  }
}

/** Whether an answer of GraphQL has an error of one who may not. */
const isRefused = (text: string): boolean => /"code":(401|403)\b/.test(text);
