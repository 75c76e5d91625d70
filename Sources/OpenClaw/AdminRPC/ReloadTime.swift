/// How long a reload takes, as it was measured (OPENCLAW.md section 3: OpenClaw 2026.9.6 on two cores, without the WhatsApp plugin).
public enum ReloadTime {
    /// 1.2 s at 10 agents, 5.2 s at 100, 37 s at 300: it grows with the square.
    public static func expectedMilliseconds(agents: Int) -> Int { 1200 + min(agents, 100_000) * min(agents, 100_000) * 2 / 5 }

    /// After so long without a sign an idle gateway must be taken for blind: twice what is expected, and two seconds to notice the edit at all.
    public static func patienceMilliseconds(agents: Int) -> Int { 2000 + 2 * expectedMilliseconds(agents: agents) }
}
