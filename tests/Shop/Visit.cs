using System.Globalization;
using System.Text;

namespace NetProfiler.Shop;

/// <summary>
/// What the visitor asks for at its <see cref="Number"/>th visit, what it is answered, and under which traces: the truth that counts are
/// compared with. Of ten thousand visits 20 are slow, 210 answered with 404, 110 with 500, and 2,495 make the cart ask the stock.
/// </summary>
/// <param name="Number">From 0; the same number is the same visit, always.</param>
internal readonly record struct Visit(int Number)
{
    /// <summary>These come one after the other, at the end, so that it is known which errors were the latest.</summary>
    public const int InTurn = 20;

    public const int All = 10_000;

    /// <summary>A password that no sample may show.</summary>
    public const string Password = "correct-horse-battery-staple";

    public bool IsInTurn => Number is >= All - InTurn and < All;

    public int Status => (IsInTurn, Number % 2, Number % 50, Number % 100) switch
    {
        (true, 0, _, _) or (false, _, 3, _) => 404,
        (true, _, _, _) or (false, _, _, 11) => 500,
        _ => 200,
    };

    public bool IsCheckout => !IsInTurn && Number % 500 == 7;

    public bool AsksTheStock => Status == 200 && !IsCheckout && Number % 4 == 0;

    /// <summary>
    /// How long the cart waits before it answers: longer than a busy machine makes others wait, and the ten slowest longer still, so that
    /// it is known which they are.
    /// </summary>
    public int DelayMilliseconds => IsCheckout ? 1600 + Number % All / 500 * 20 + (Number % All / 500 >= 10 ? 600 : 0) : 0;

    /// <summary>How long the stock waits; known to servers/stock.js too. The ten longest are far from the others here, too.</summary>
    public int StockDelayMilliseconds => AsksTheStock && Number % 400 == 0 ? 300 + (Number % All / 400 >= 15 ? 500 : 0) : 0;

    public string Path => (Status, IsCheckout, AsksTheStock) switch
    {
        (404, _, _) => $"/missing/{Number}",
        (500, _, _) => $"/fail/{Number}",
        (_, true, _) => $"/checkout/{Number}",
        (_, _, true) => $"/items/{Number}",
        _ => $"/cart/{Number}",
    };

    public string Body => IsCheckout ? $$"""{"order":{{Number}},"password":"{{Password}}","items":"{{new string('x', 1000)}}"}""" : "";

    /// <summary>Each tier's span; one of 16 digits.</summary>
    public string SpanId => (Number + 1).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>At the edge: b3 in one field.</summary>
    public string B3TraceId => $"b3000000{Number + 1:x24}";

    public string B3 => $"{B3TraceId}-{SpanId}-1";

    /// <summary>At the cart: sw8.</summary>
    public string Sw8TraceId => $"shop.trace.{Number}";

    public string Sw8 => $"1-{Base64(Sw8TraceId)}-{Base64($"shop.segment.{Number}")}-3-{Base64("edge")}-{Base64("edge-1")}-{Base64(Path)}-{Base64("cart:8080")}";

    /// <summary>At the stock: traceparent.</summary>
    public string W3CTraceId => $"c0de0000{Number + 1:x24}";

    public string Traceparent => $"00-{W3CTraceId}-{SpanId}-01";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
