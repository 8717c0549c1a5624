/** For a POSIX shell: the text as one word. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
