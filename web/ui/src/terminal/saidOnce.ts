const bare = (line: string): string => line.trim().replace(/^[。.\s]+|[。.\s]+$/g, '')

/**
 * What is to be done and the rest, nothing of it twice: the lines of the text that say what is to be done are left out
 * of it; where it stands in the middle of others the text is left whole, and is all there is.
 */
export function saidOnce(instruction: string, text: string): { instruction: string; text: string } {
  const done = instruction.split('\n').map(bare).filter(Boolean)
  const rest = text.split('\n').filter((line) => bare(line) === '' || !done.includes(bare(line)))
  const left = rest.join('\n').trim()
  return done.length > 0 && done.every((line) => left.includes(line)) ? { instruction: '', text: text.trim() } : { instruction, text: left }
}
