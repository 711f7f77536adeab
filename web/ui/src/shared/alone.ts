/** Words that stand alone, in a cell or a heading, begin with a capital; the same words within a sentence do not. */
export const alone = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
