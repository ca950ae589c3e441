export const part = "imported";
