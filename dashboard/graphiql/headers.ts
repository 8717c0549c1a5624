/** The `Authorization` of the headers editor's text; undefined while it has none, or is not JSON yet. */
export function bearerIn(headers: string): string | undefined {
  try {
    const given = JSON.parse(headers) as unknown;
    if (typeof given !== 'object' || given === null) return undefined;
    const found = Object.entries(given).find(([name]) => name.toLowerCase() === 'authorization');
    return typeof found?.[1] === 'string' && found[1] !== '' ? found[1] : undefined;
  } catch {
    return undefined;
  }
}
