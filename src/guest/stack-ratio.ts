/** So many bytes of the host's stack stand for each that a charged module takes of its own; see `chargedModule`. */
export const chargedStackRatio = 1;
