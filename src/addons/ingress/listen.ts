/** Where somebody listens who does not get the port that everybody knows. */
const ELSEWHERE: Readonly<Record<number, number>> = { 80: 8080, 443: 8443 };

/**
 * Listens on the port that is asked for; where none is, on the usual one, or where that is taken or not permitted, on
 * another.
 * @returns the port; rejects where the port that is asked for cannot be had
 */
export async function listenNear(
  listen: (port: number) => Promise<number>,
  asked: number | undefined,
  usual: 80 | 443,
): Promise<number> {
  if (asked !== undefined) return listen(asked);
  for (const port of [usual, ELSEWHERE[usual]!]) {
    try {
      return await listen(port);
    } catch {
      // taken, or not permitted: which of them does not matter where any port will do
    }
  }
  return listen(0);
}
