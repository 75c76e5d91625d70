extension Page {
    /// Colours of both modes with a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3).
    static let style = """
        :root { color-scheme: light dark; --back: #fbfaf8; --card: #fff; --text: #1d1d1b; --soft: #5d5a55; --line: #e2dfd9; --good: #1a6b3c; --bad: #a8261c;
          --warn: #7a5200; --bar: #3b6ea5; }
        @media (prefers-color-scheme: dark) { :root { --back: #171716; --card: #21211f; --text: #ecebe8; --soft: #a8a49c; --line: #3a3935; --good: #6fcf97;
          --bad: #ff8a80; --warn: #e8b84f; --bar: #7fb2e5; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; background: var(--back); color: var(--text);
          font: 1rem/1.5 system-ui, sans-serif; }
        header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; }
        h1 { margin: 0; font-size: 1.6rem; letter-spacing: .02em; }
        header p { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
        h2 { margin: 2.2rem 0 .6rem; font-size: 1.15rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
        h3 { margin: 1rem 0 .3rem; font-size: 1rem; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .7rem; margin-top: 1.2rem; }
        .tile { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
        .tile b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
        .tile span { color: var(--soft); font-size: .9rem; }
        .good, .good b { color: var(--good); }
        .bad, .bad b, .critical, .error { color: var(--bad); }
        .warning { color: var(--warn); }
        .findings { list-style: none; margin: 0; padding: 0; }
        .findings li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .55rem .8rem; margin-bottom: .5rem;
          overflow-wrap: anywhere; }
        .findings code { font-weight: 600; margin-right: .6rem; }
        .findings em { color: var(--good); margin-left: .6rem; font-style: normal; }
        .findings small { display: block; color: var(--soft); font-size: .9rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; background: var(--card); font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .4rem .8rem .4rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
        th { color: var(--soft); font-weight: 500; font-size: .9rem; }
        .days { width: 100%; height: auto; }
        .days rect { fill: var(--bar); }
        .days text { fill: var(--soft); font-size: 11px; }
        """
}
