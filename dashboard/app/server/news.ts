/** What a watch of definitions and namespaces tells. */
export interface Heard {
  type: string;
  /** of a BOOKMARK: the state has been told, what comes now is new */
  initialEventsEnd: boolean | null;
}

/**
 * A watch begins with the state, which was asked for a moment before: only where it has another number of objects has
 * something come or gone since. What follows is new, as is all that is told when the connection was lost.
 * @param known how many objects there were
 * @param tell is called for what is new
 */
export function newsOf(known: number, tell: () => void): (heard: Heard) => void {
  let [state, isTold] = [0, false];
  return ({ type, initialEventsEnd }) => {
    if (isTold) {
      if (type !== 'BOOKMARK') tell();
    } else if (initialEventsEnd) {
      isTold = true;
      if (state !== known) tell();
    } else if (type !== 'BOOKMARK') state++;
  };
}
