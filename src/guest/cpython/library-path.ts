/** Where the standard library is mounted in every guest of the bundled CPython. */
export const standardLibraryPath = "/usr/local/lib/python3.14";
