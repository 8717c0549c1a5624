/** Warnings that one request is told, at most; what makes more of them stops there. */
export const MAX_WARNINGS = 100;
