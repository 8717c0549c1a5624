/** What styles that the page makes as it runs have to carry; the server draws another for each page. */
export const nonce = (): string => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
