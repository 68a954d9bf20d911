/** The unit in which a guest's memory is compared and kept: smaller than WebAssembly's own page of 64 KiB. */
export const statePageBytes = 4096;
