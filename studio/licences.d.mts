export declare function licences(title: string, shipped: readonly string[]): string;
