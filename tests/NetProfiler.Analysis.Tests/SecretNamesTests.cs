using System.Text;
using NetProfiler.Analysis.Redaction;

namespace NetProfiler.Analysis.Tests;

public class SecretNamesTests
{
    [Theory]
    [InlineData("Authorization")]
    [InlineData("PROXY-AUTHORIZATION")]
    [InlineData("set-cookie")]
    [InlineData("X-Api-Key")]
    [InlineData("x_api_key")]
    [InlineData("apiKey")]
    [InlineData("userPassword")]
    [InlineData("user[password]")]
    [InlineData("client_secret")]
    [InlineData("X-CSRF-Token")]
    [InlineData("X-Amz-Signature")]
    [InlineData("Ocp-Apim-Subscription-Key")]
    public void A_secret_is_known_however_its_name_is_written(string name) =>
        Assert.True(SecretNames.Default.Contains(Encoding.ASCII.GetBytes(name)));

    [Theory]
    [InlineData("")]
    [InlineData("--")]
    [InlineData("Host")]
    [InlineData("author")]
    [InlineData("passenger")]
    [InlineData("tokenizer")]
    [InlineData("traceparent")]
    [InlineData("keyboard")]
    public void Other_names_stay_readable(string name) => Assert.False(SecretNames.Default.Contains(Encoding.ASCII.GetBytes(name)));

    [Fact]
    public void A_task_adds_names_and_keeps_the_built_in_ones()
    {
        var names = new SecretNames(["Customer-Number", "--"]);
        Assert.True(names.Contains("customer_number"u8));
        Assert.True(names.Contains("Cookie"u8));
        Assert.False(names.Contains("--"u8));
        Assert.False(SecretNames.Default.Contains("customer_number"u8));
    }

    [Fact]
    public void Of_a_name_beyond_the_bound_the_end_counts() =>
        Assert.True(SecretNames.Default.Contains(Encoding.ASCII.GetBytes(new string('x', SecretNames.MaxNameLength) + "token")));
}
