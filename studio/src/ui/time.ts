/** Seconds as "1:07.3"; spoken, without the tenth. */
export function clock(seconds: number, tenths = true): string {
  const whole = Math.floor(seconds * 10 + 1e-6) / 10;
  const minutes = Math.floor(whole / 60);
  const rest = whole - minutes * 60;
  return `${minutes}:${tenths ? rest.toFixed(1).padStart(4, "0") : String(Math.floor(rest)).padStart(2, "0")}`;
}
