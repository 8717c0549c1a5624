/** What was thrown, in words: anything can be thrown, an Error has a message. */
export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));
