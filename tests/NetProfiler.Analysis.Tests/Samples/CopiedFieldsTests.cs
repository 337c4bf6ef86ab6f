using System.Text;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Analysis.Tests.Samples;

/// <summary>Request fields that a task copies: what is shown of them, on both ways.</summary>
public class CopiedFieldsTests
{
    private static readonly CopiedFields Fields = new(["x-request-id", "x-tenant", "authorization", "cookie", "x-api-key"],
        new Redactor(new RedactionPolicy(SecretNames.Default, Masker.WithRandomKey(TimeProvider.System))));

    [Theory]
    [InlineData("X-Request-ID: 7f3a-01\r\n", 0, "7f3a-01")]
    [InlineData("x-request-id:\t 7f3a \r\nX-REQUEST-ID: second\r\n", 0, "7f3a")] // the first counts
    [InlineData("X-Tenant: caf\u00e9\r\n", 1, "caf\u00e9")]
    [InlineData("X-Tenant: a\r\n  b\r\n", 1, "a   b")]
    [InlineData("X-Tenant: id=5; password=geheim-123\r\n", 1, "id=5; password=[masked:8-15]")]
    [InlineData("X-Tenant: http://me:geheim-12@host/\r\n", 1, "http://me:[masked:8-15]@host/")]
    [InlineData("Authorization: Basic\r\n", 2, "Basic")]
    [InlineData("Authorization: geheim\r\n", 2, "[masked:1-7]")]
    [InlineData("Cookie: sid=geheim\r\n", 3, "sid=[masked:1-7]")]
    [InlineData("X-API-Key: geheim\r\n", 4, "[masked:1-7]")]
    public void A_value_is_shown_masked(string lines, int index, string expected) =>
        Assert.Equal(expected, Shown(Encoding.UTF8.GetBytes(lines), index));

    [Fact]
    public void A_secret_by_its_form_is_masked_whatever_the_field()
    {
        string shown = Shown("X-Tenant: ghp_abcdefghijklmnopqrstuvwxyz0123456789\r\n"u8, 1)!;
        Assert.Matches(@"^\[masked:32-63:[0-9a-f]{8}\]$", shown);
    }

    [Fact]
    public void A_field_that_is_not_there_is_not_shown() => Assert.Null(Shown("X-Other: a\r\nX-Request-IDs: b\r\n"u8, 0));

    [Theory]
    [InlineData(255, 0)]
    [InlineData(254, 1)] // a character of two bytes would cross the bound
    public void A_long_value_is_cut_where_a_character_ends(int ascii, int more)
    {
        string value = new string('a', ascii) + "\u00e9\u00e9\u00e9";
        Assert.Equal(new string('a', ascii) + new string('\u00e9', more), Shown(Encoding.UTF8.GetBytes($"X-Tenant: {value}\r\n"), 1));
    }

    [Fact]
    public void A_secret_at_the_bound_is_masked_before_it_is_cut()
    {
        string shown = Shown(Encoding.UTF8.GetBytes($"X-Tenant: {new string('a', 240)} pin=geheim-123456\r\n"), 1)!;
        Assert.Equal(CopiedFields.MaxValueBytes, shown.Length);
        Assert.StartsWith($"{new string('a', 240)} pin=[masked:", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_plain_value()
    {
        byte[] lines = "Host: a\r\nX-Request-ID: 7f3a-01\r\n"u8.ToArray();
        Assert.True(Find(lines)); // what is made once
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Find(lines);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static bool Find(ReadOnlySpan<byte> lines) => Fields.TryFind(0, lines, out var value) && Fields.IsPlain(0, value, out _);
    }

    // Both ways show the same where both may.
    private static string? Shown(ReadOnlySpan<byte> lines, int index)
    {
        if (!Fields.TryFind(index, lines, out var value)) return null;
        string shown = Fields.Show(index, value);
        if (Fields.IsPlain(index, value, out var plain)) Assert.Equal(shown, Encoding.UTF8.GetString(plain));
        return shown;
    }
}
