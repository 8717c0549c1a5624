/** Said of the argument `asOf` of every field that has it. */
export const AS_OF =
  'a resourceVersion, or an RFC 3339 time: what was there then, as far back as the history of the resource is kept';
