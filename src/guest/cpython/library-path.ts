/** Where the standard library is mounted in every guest of the bundled CPython. */
export const standardLibraryPath = "/usr/local/lib/python3.14";

/** Where packages are mounted in a guest that has some, and imported from. */
export const packagesPath = "/usr/local/packages";
