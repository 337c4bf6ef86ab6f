using System.Text;

namespace NetProfiler.Analysis.Tests.Traces;

/// <summary>Writes a random trace context as its format has it, and says how it must be read.</summary>
internal static class RandomContext
{
    public static (string Fields, string Expected) Next(Random random) => random.Next(4) switch
    {
        0 => W3C(random),
        1 => Sw8(random),
        2 => B3Single(random),
        _ => B3Multi(random),
    };

    private static (string, string) W3C(Random random)
    {
        string trace = Hex(random, 32), span = Hex(random, 16);
        int flags = random.Next(256);
        return ($"traceparent: 00-{trace}-{span}-{flags:x2}", $"w3c {trace} {span} {(flags % 2 == 1 ? "Accept" : "Deny")}");
    }

    private static (string, string) B3Single(Random random)
    {
        string trace = Hex(random, random.Next(2) == 0 ? 16 : 32), span = Hex(random, 16), parent = Hex(random, 16);
        var (state, decision) = random.GetItems<(string, string)>([("", "Deferred"), ("-0", "Deny"), ("-1", "Accept"),
            ("-d", "Debug")], 1)[0];
        bool hasParent = state.Length > 0 && random.Next(2) == 0;
        return ($"b3: {trace}-{span}{state}{(hasParent ? "-" + parent : "")}",
            $"b3 {Short(trace)} {span} {decision}{(hasParent ? " " + parent : "")}");
    }

    private static (string, string) B3Multi(Random random)
    {
        string trace = Hex(random, random.Next(2) == 0 ? 16 : 32), span = Hex(random, 16), parent = Hex(random, 16);
        var (state, decision) = random.GetItems<(string, string)>(
            [("", "Deferred"), ("X-B3-Sampled: 0\r\n", "Deny"), ("X-B3-Sampled: 1\r\n", "Accept"), ("X-B3-Flags: 1\r\n", "Debug")], 1)[0];
        bool hasParent = random.Next(2) == 0;
        return ($"{state}X-B3-TraceId: {trace}\r\n{(hasParent ? $"X-B3-ParentSpanId: {parent}\r\n" : "")}X-B3-SpanId: {span}",
            $"b3 {Short(trace)} {span} {decision}{(hasParent ? " " + parent : "")}");
    }

    private static (string, string) Sw8(Random random)
    {
        string[] texts = Enumerable.Range(0, 6).Select(_ => Text(random)).ToArray();
        string[] encoded = texts.Select(text => Convert.ToBase64String(Encoding.UTF8.GetBytes(text))).ToArray();
        int span = random.Next();
        int sample = random.Next(2);
        return ($"sw8: {sample}-{encoded[0]}-{encoded[1]}-{span}-{encoded[2]}-{encoded[3]}-{encoded[4]}-{encoded[5]}",
            $"sw8 {texts[0]} {span} {(sample == 1 ? "Accept" : "Deny")} {texts[1]} {texts[2]} {texts[3]} {texts[4]}");
    }

    private static string Hex(Random random, int digits) => random.GetHexString(digits - 1, lowercase: true) + "1";

    private static string Short(string trace) =>
        trace.Length == 32 && trace.StartsWith("0000000000000000", StringComparison.Ordinal) ? trace[16..] : trace;

    private static string Text(Random random) => new(random.GetItems<char>("abcXYZ0189-_./:{}é世".AsSpan(), random.Next(1, 40)));
}
