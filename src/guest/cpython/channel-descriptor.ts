/** The descriptor of the channel: the last that a guest can have, so that it is in nobody's way. */
export const channelDescriptor = 1023;
