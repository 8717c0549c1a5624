/** Controls, formats, unassigned characters, and all spaces but the plain one. */
const HIDDEN = /[^\P{C}]|[^\P{Z} ]/u;

/** Whether Go shows the characters of a text as they are (unicode IsPrint). */
export const isPrint = (text: string): boolean => !HIDDEN.test(text);
