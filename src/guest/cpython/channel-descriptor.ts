/** The descriptor of the channel: the last that a guest can have, so that it is in nobody's way. */
export const channelDescriptor = 1023;

/** The longest answer that a guest may give to one request, in bytes. */
export const maxAnswerBytes = 256 * 1024 * 1024;
