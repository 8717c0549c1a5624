/** Items of a page when neither `first` nor `last` is given, and the most that they may ask for. */
export const DEFAULT_FIRST = 500;
export const MAX_FIRST = 5000;
