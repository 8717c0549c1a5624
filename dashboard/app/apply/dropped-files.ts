/** Files of manifests that are taken from what was dropped, at most. */
const MOST = 1000;

/** The manifests in what was dropped: files, and those in folders, in the order of their names. Throws where there are too many. */
export async function filesIn(items: DataTransferItemList): Promise<File[]> {
  const found: { path: string; file: File }[] = [];
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (found.length > MOST) throw new Error(`more than ${MOST} files`);
    if (entry.isDirectory) for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) await walk(child);
    else if (/\.(ya?ml|json)$/.test(entry.name))
      found.push({ path: entry.fullPath, file: await fileOf(entry as FileSystemFileEntry) });
  };
  // entries can be asked for only before the first pause
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  for (const entry of entries) await walk(entry);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ file }) => file);
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((found, failed) => entry.file(found, failed));

/** A folder is told in parts. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((found, failed) => reader.readEntries(found, failed));
    if (!part.length || all.length > MOST) return all;
    all.push(...part);
  }
}
