/** Whether a text can be in the database at all: Postgres' has no NUL, and refuses a question that has one. */
export const isPossibleText = (text: string | undefined): boolean => !text?.includes('\0');
