using System.Text;
using System.Text.Json;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Analysis.Tests.Redaction;

public class RedactorTests
{
    private const string Planted = "hunter2-s3cr3t";

    private static readonly Redactor Redactor = new(SampleBuilder.Policy);

    private static string Mask => SampleBuilder.Policy.Masker.Mask(Planted);

    [Fact]
    public void A_mask_tells_the_class_of_the_length_and_equality_and_no_more()
    {
        var masker = new Masker("key"u8);
        const string Long = Planted + "-and-more";
        Assert.Matches(@"^\[masked:16-31:[0-9a-f]{8}\]$", masker.Mask(Long));
        Assert.Equal(masker.Mask(Long), masker.Mask(Encoding.UTF8.GetBytes(Long)));
        Assert.NotEqual(masker.Mask(Long), masker.Mask(Long + "x"));
        Assert.NotEqual(masker.Mask(Long), new Masker("other"u8).Mask(Long));
        Assert.NotEqual(Masker.WithRandomKey().Mask(Long), Masker.WithRandomKey().Mask(Long));
        Assert.Equal("[masked:8-15]", masker.Mask(Planted)); // short enough to be guessed
        string[] classes = new[] { 0, 1, 7, 8, 15, 16, 4095, 4096,
            9999 }.Select(length => masker.Mask(new byte[length]).Split(':')[1].TrimEnd(']')).ToArray();
        Assert.Equal(["0", "1-7", "1-7", "8-15", "8-15", "16-31", "2048-4095", "4096+", "4096+"], classes);
    }

    [Theory]
    [InlineData("Authorization", $"Bearer {Planted}", "Bearer [M]")]
    [InlineData("authorization", $"basic {Planted}", "basic [M]")]
    [InlineData("Authorization", Planted, "[M]")]
    [InlineData("Proxy-Authorization", $"Digest {Planted}", "Digest [M]")]
    [InlineData("X-Api-Key", Planted, "[M]")]
    [InlineData("x_api_key", Planted, "[M]")]
    [InlineData("X-CSRF-Token", Planted, "[M]")]
    [InlineData("Cookie", $"a={Planted}; theme={Planted}", "a=[M]; theme=[M]")]
    [InlineData("Cookie", Planted, "[M]")]
    [InlineData("Set-Cookie", $"id={Planted}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
        "id=[M]; Path=/; Max-Age=60; HttpOnly; SameSite=Lax")]
    [InlineData("Referer", $"https://shop/cart?id=1&access_token={Planted}#x", "https://shop/cart?id=1&access_token=[M]#x")]
    [InlineData("Location", $"/next?pass%77ord={Planted}", "/next?pass%77ord=[M]")]
    [InlineData("Location", $"https://user:{Planted}@shop/", "https://user:[M]@shop/")]
    [InlineData("Location", $"/cb#id_token={Planted}", "/cb#id_token=[M]")]
    [InlineData("Link", $"</next?token={Planted}>; rel=next", "</next?token=[M]>; rel=next")]
    [InlineData("Refresh", $"5; url=/a?token={Planted}", "5; url=/a?token=[M]")]
    [InlineData("X-Data", $"{{\"password\":\"{Planted}\"}}", "{\"password\":\"[M]\"}")]
    [InlineData("X-Debug", $"password={Planted}, a=b", "password=[M], a=b")]
    [InlineData("X-Debug", $"Authorization: Bearer {Planted}", "Authorization: Bearer [M]")]
    [InlineData("Content-Type", "multipart/form-data; boundary=x", "multipart/form-data; boundary=x")]
    [InlineData("Accept", "text/html;q=0.9", "text/html;q=0.9")]
    [InlineData("User-Agent", "Mozilla/5.0 (X11; rv:1.0)", "Mozilla/5.0 (X11; rv:1.0)")]
    [InlineData("Date", "Fri, 02 Jan 2026 03:04:05 GMT", "Fri, 02 Jan 2026 03:04:05 GMT")]
    public void Fields(string name, string value, string expected) =>
        Assert.Equal(expected.Replace("[M]", Mask), Redactor.Field(name, value));

    [Theory]
    [InlineData("/cart?id=1", "/cart?id=1")]
    [InlineData($"/cart?password={Planted}&id=1", "/cart?password=[M]&id=1")]
    [InlineData($"/cart?a;token={Planted}", "/cart?a;token=[M]")]
    [InlineData($"/cart?%70assword={Planted}", "/cart?%70assword=[M]")]
    [InlineData($"/cart?user%5Bpassword%5D={Planted}", "/cart?user%5Bpassword%5D=[M]")]
    [InlineData("/cart?password=hunter2%2ds3cr3t", "/cart?password=[M]")]
    [InlineData($"/cart;jsessionid={Planted}/x", "/cart;jsessionid=[M]")]
    [InlineData($"http://u:{Planted}@shop/a?apiKey={Planted}", "http://u:[M]@shop/a?apiKey=[M]")]
    [InlineData($"/cart?next=%2Flogin%3Ftoken%3D{Planted}", "/cart?next=%2Flogin%3Ftoken%3D[M]")]
    // What is around a nested secret stays as it was written.
    [InlineData($"/cart?next=%2flogin%3fq%3Da+b%26token%3D{Planted}", "/cart?next=%2flogin%3fq%3Da+b%26token%3D[M]")]
    [InlineData($"/cart??token={Planted}", "/cart??token=[M]")]
    [InlineData($"/cart?a=b?token={Planted}", "/cart?a=b?token=[M]")]
    [InlineData("*", "*")]
    public void Targets(string target, string expected)
    {
        string redacted = Redactor.Target(target);
        Assert.DoesNotContain(Planted, redacted, StringComparison.Ordinal);
        Assert.StartsWith(expected.Replace("[M]", Mask).Split('[')[0], redacted, StringComparison.Ordinal);
        if (!target.Contains(';') && !target.Contains("next")) Assert.Equal(expected.Replace("[M]", Mask), redacted);
    }

    [Fact]
    public void A_target_that_needs_no_look_is_not_changed()
    {
        string[] parts = ["/", "cart", "?", "&", ";", "#", "=", "token", "id", "%3D", "%22", "[", "]", ".", ":", "@", "://", "x1", "é", "+",
            "{", "\"", "password", "a"];
        var random = new Random(5);
        int unchanged = 0;
        for (int i = 0; i < 100_000; i++)
        {
            string target = "/" + string.Concat(random.GetItems(parts, random.Next(8)));
            if (Redactor.MayChange(Encoding.UTF8.GetBytes(target))) continue;
            Assert.Equal(target, Redactor.Target(target));
            unchanged++;
        }

        Assert.True(unchanged > 10_000);
        Assert.False(Redactor.MayChange("/cart?id=1&page=2"u8));
        Assert.True(Redactor.MayChange("/cart?id=1&access_token=2"u8));
        Assert.True(new Redactor(SampleBuilder.Policy with { Query = QueryRedaction.Values }).MayChange("/cart?id=1"u8));
    }

    [Fact]
    public void A_task_may_have_all_values_of_a_query_masked_or_the_query_dropped()
    {
        var values = new Redactor(SampleBuilder.Policy with { Query = QueryRedaction.Values });
        Assert.Equal($"/cart?id={SampleBuilder.Policy.Masker.Mask("1")}&x", values.Target("/cart?id=1&x"));
        Assert.Equal("/cart", new Redactor(SampleBuilder.Policy with { Query = QueryRedaction.Drop }).Target("/cart?id=1&x"));
    }

    [Theory]
    [InlineData($$"""{"user":"ann","password":"{{Planted}}"}""", """{"user":"ann","password":"[M]"}""")]
    [InlineData($$$"""{"a":[{"b":{"clientSecret" : "{{{Planted}}}"}}],"c":1}""", """{"a":[{"b":{"clientSecret" : "[M]"}}],"c":1}""")]
    [InlineData($$"""{"pass\u0077ord":"{{Planted}}"}""", """{"pass\u0077ord":"[M]"}""")]
    [InlineData("""{"password":"hunter2\u002ds3cr3t"}""", """{"password":"[M]"}""")]
    [InlineData($$"""{"token":["{{Planted}}",{"x":"{{Planted}}"}],"ok":true}""", """{"token":["[M]",{"x":"[M]"}],"ok":true}""")]
    [InlineData($$"""{"credentials":{"user":"{{Planted}}","n":null,"b":true},"z":1}""", """{"credentials":{"user":"[M]","n":null,"b":true},"z":1}""")]
    [InlineData($$"""{"password":"{{Planted}}""", """{"password":"[M]""")]
    [InlineData($$"""{"a":"cut off\n,"password":"{{Planted}}"}""", null)]
    [InlineData($$"""{'password': '{{Planted}}'}""", null)]
    [InlineData($$"""{password: {{Planted}} }""", """{password: "[M]" }""")]
    [InlineData($$"""{"body":"{\"password\":\"{{Planted}}\"}"}""", """{"body":"{\"password\":\"[M]\"}"}""")]
    [InlineData($$"""{"body":"{\"a\":\"caf\u00e9\/\",\"password\":\"{{Planted}}\"}"}""", """{"body":"{\"a\":\"caf\u00e9\/\",\"password\":\"[M]\"}"}""")]
    [InlineData($$$"""{"query":"mutation { login(user: \"ann\", password: \"{{{Planted}}}\") { id } }","variables":{"password":"{{{Planted}}}"}}""",
        """{"query":"mutation { login(user: \"ann\", password: \"[M]\") { id } }","variables":{"password":"[M]"}}""")]
    [InlineData($$"""{"next":"https://x/?access_token={{Planted}}"}""", """{"next":"https://x/?access_token=[M]"}""")]
    [InlineData("""{"a":1.5e3,"b":"x","c":[],"d":{}}""", """{"a":1.5e3,"b":"x","c":[],"d":{}}""")]
    public void Json(string text, string? expected)
    {
        string redacted = Redactor.Text(text, TextKind.Json);
        Assert.DoesNotContain(Planted, redacted, StringComparison.Ordinal);
        if (expected is not null) Assert.Equal(expected.Replace("[M]", Mask), redacted);
    }

    [Fact]
    public void A_masked_number_leaves_json_json()
    {
        string redacted = Redactor.Text("""{"pin":1234,"count":5}""", TextKind.Json);
        using var document = JsonDocument.Parse(redacted);
        Assert.Equal(SampleBuilder.Policy.Masker.Mask("1234"), document.RootElement.GetProperty("pin").GetString());
        Assert.Equal(5, document.RootElement.GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData($"<a><password>{Planted}</password><b>1</b></a>", "<a><password>[M]</password><b>1</b></a>")]
    [InlineData($"<s:Token xmlns:s='x'>\n {Planted}\n</s:Token>", "<s:Token xmlns:s='x'>\n [M]\n</s:Token>")]
    [InlineData($"<token><a x='1'>{Planted}</a><b/>{Planted}</token><c>2</c>", "<token><a x='1'>[M]</a><b/>[M]</token><c>2</c>")]
    [InlineData($"<user password=\"{Planted}\" id=\"1\"/>", "<user password=\"[M]\" id=\"1\"/>")]
    [InlineData($"<user password='{Planted}", "<user password='[M]")]
    [InlineData($"<input type=password name=x value={Planted}><p>hello</p>", "<input type=password name=x value=[M]><p>hello</p>")]
    [InlineData($"<input value=\"{Planted}\" name=\"csrf_token\"><p>hello</p>", "<input value=\"[M]\" name=\"csrf_token\"><p>hello</p>")]
    [InlineData($"<property name='password'>{Planted}</property>", "<property name='password'>[M]</property>")]
    [InlineData($"<password><![CDATA[{Planted}]]></password>", "<password><![CDATA[[M]]]></password>")]
    [InlineData($"<script>var token = \"{Planted}\";</script>", null)]
    [InlineData($"<!-- password={Planted} --><a/>", "<!-- password=[M] --><a/>")]
    [InlineData($"<a href=\"/x?a=1&amp;token={Planted}\">x</a>", null)]
    [InlineData($"<password>{Planted}", "<password>[M]")]
    [InlineData("<?xml version='1.0'?><!DOCTYPE a><a b='1'>x &lt; y</a>", "<?xml version='1.0'?><!DOCTYPE a><a b='1'>x &lt; y</a>")]
    public void Xml(string text, string? expected)
    {
        string redacted = Redactor.Text(text, TextKind.Xml);
        Assert.DoesNotContain(Planted, redacted, StringComparison.Ordinal);
        if (expected is not null) Assert.Equal(expected.Replace("[M]", Mask), redacted);
    }

    [Theory]
    [InlineData($"user=ann&password={Planted}&x=1", "user=ann&password=[M]&x=1")]
    [InlineData($"user=ann&pass%77ord={Planted}", "user=ann&pass%77ord=[M]")]
    [InlineData("password=hunter2%2Ds3cr3t", "password=[M]")]
    [InlineData($"data=%7B%22password%22%3A%22{Planted}%22%7D", null)]
    [InlineData("a=1+2&b=%20", "a=1+2&b=%20")]
    public void Forms(string text, string? expected)
    {
        string redacted = Redactor.Text(text, TextKind.Form);
        Assert.DoesNotContain(Planted, redacted, StringComparison.Ordinal);
        if (expected is not null) Assert.Equal(expected.Replace("[M]", Mask), redacted);
    }

    [Theory]
    [InlineData($"password: {Planted}\nuser: ann\n", "password: [M]\nuser: ann\n")]
    [InlineData($"  \"api_key\" = '{Planted}'", "  \"api_key\" = '[M]'")]
    [InlineData($"db.password={Planted}", "db.password=[M]")]
    [InlineData($"a log line: {{\"token\": \"{Planted}\"}}", "a log line: {\"token\": \"[M]\"}")]
    [InlineData($"mutation {{ login(password: \"{Planted}\") }}", "mutation { login(password: \"[M]\") }")]
    [InlineData($"data: {{\"token\":\"{Planted}\"}}\n\n", "data: {\"token\":\"[M]\"}\n\n")]
    [InlineData($"see https://u:{Planted}@x/", "see https://u:[M]@x/")]
    [InlineData("time: 12:30:01, ratio = 1:2", "time: 12:30:01, ratio = 1:2")]
    public void Plain_text(string text, string expected) =>
        Assert.Equal(expected.Replace("[M]", Mask), Redactor.Text(text, TextKind.Plain));

    [Fact]
    public void Names_of_the_task_are_secret_too()
    {
        var redactor = new Redactor(SampleBuilder.Policy with { Names = new SecretNames(["X-Internal-Id"]) });
        Assert.Equal(Mask, redactor.Field("x-internal-id", Planted));
        Assert.Equal($"{{\"xInternalId\":\"{Mask}\"}}", redactor.Text($"{{\"xInternalId\":\"{Planted}\"}}", TextKind.Json));
    }

    [Fact]
    public void No_text_makes_it_throw_or_leak_what_a_cut_leaves()
    {
        string[] texts =
        [
            $$$"""{"a":{"password":"{{{Planted}}}","x":["\"{\\\"token\\\":\\\"{{{Planted}}}\\\"}"]}}""",
            $"<a password=\"{Planted}\"><token>{Planted}</token><!-- token={Planted} --></a>",
            $"a=1&password={Planted}&b=%7B%22token%22%3A%22{Planted}%22%7D",
            $"password: '{Planted}' token=\"{Planted}\"",
        ];
        var random = new Random(3);
        foreach (string text in texts)
        {
            foreach (var kind in Enum.GetValues<TextKind>())
            {
                for (int cut = 0; cut <= text.Length; cut++) Redactor.Text(text[..cut], kind);
            }

            for (int cut = 0; cut <= text.Length; cut++)
            {
                var kind = text[0] switch { '{' => TextKind.Json, '<' => TextKind.Xml, 'a' => TextKind.Form, _ => TextKind.Plain };
                Assert.DoesNotContain(Planted[..10], Redactor.Text(text[..cut], kind), StringComparison.Ordinal);
                Assert.DoesNotContain(Planted[..10], Redactor.Text(text[..cut], TextKind.Plain), StringComparison.Ordinal);
            }

            for (int i = 0; i < 1_500; i++)
            {
                char[] changed = text.ToCharArray();
                for (int change = random.Next(1, 5); change > 0; change--) changed[random.Next(changed.Length)] = (char)random.Next(1, 300);
                foreach (var kind in Enum.GetValues<TextKind>()) Redactor.Text(new string(changed), kind);
            }
        }
    }
}
