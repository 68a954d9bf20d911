/** What a message may hold besides its bytes: more is refused before anything is made of it. */
export const messageBounds = { depth: 100, members: 100_000 } as const;
