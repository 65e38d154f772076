const tasks = new Set<() => void>();
process.once('exit', () => {
  for (const task of [...tasks].reverse()) task(); // who writes into a folder before the folder
});

/** Has something done when this process ends, by one listener for all. Returns what takes it back. */
export function atExit(task: () => void): () => void {
  tasks.add(task);
  return () => tasks.delete(task);
}
