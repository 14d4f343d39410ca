export const hello = () => {};
