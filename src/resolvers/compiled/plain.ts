/**
 * Marks a field (as its `extensions`) whose resolver looks at the object that it is of and at nothing else, and answers
 * at once: such a field can be compiled (compile.ts). Fields without a resolver read a property and need no mark.
 */
export const PLAIN = { plain: true } as const;
