namespace NetProfiler.Telemetry.Tests;

public class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:9464", "127.0.0.1:9464")]
    [InlineData("[::]:9464", "[::]:9464")]
    [InlineData("[fe80::1]:0", "[fe80::1]:0")]
    [InlineData("localhost:9464", "127.0.0.1:9464")]
    [InlineData("none", "none")]
    [InlineData("None", "none")]
    public void An_address_reads_as_written(string text, string address)
    {
        Assert.True(ListenAddress.TryParse(text, out var parsed, out var error), error);
        Assert.Equal(address, parsed.ToString());
    }

    [Fact]
    public void A_port_alone_is_every_address()
    {
        Assert.True(ListenAddress.TryParse(":9464", out var parsed, out _));
        Assert.Equal(9464, parsed.EndPoint!.Port);
        Assert.Contains(parsed.EndPoint.Address.ToString(), new[] { "::", "0.0.0.0" });
    }

    [Theory]
    [InlineData("", "'' has no port: write ADDRESS:PORT, :PORT or none")]
    [InlineData("9464", "'9464' has no port: write ADDRESS:PORT, :PORT or none")]
    [InlineData("cart.shop:80", "'cart.shop' is not an IP address: write 127.0.0.1:80, [::1]:80, :80 or localhost:80")]
    [InlineData("::1:80", "'::1' is not an IP address: write 127.0.0.1:80, [::1]:80, :80 or localhost:80")]
    [InlineData("[127.0.0.1]:80", "'[127.0.0.1]' is not an IP address: write 127.0.0.1:80, [::1]:80, :80 or localhost:80")]
    [InlineData("127.1:80", "'127.1' is not an IP address: write 127.0.0.1:80, [::1]:80, :80 or localhost:80")]
    [InlineData("127.0.0.1:http", "'http' is not a port: write a number from 0 to 65535")]
    [InlineData("127.0.0.1:65536", "'65536' is not a port: write a number from 0 to 65535")]
    [InlineData("127.0.0.1:-1", "'-1' is not a port: write a number from 0 to 65535")]
    [InlineData("127.0.0.1: 80", "' 80' is not a port: write a number from 0 to 65535")]
    public void What_is_no_address_is_told_why(string text, string why)
    {
        Assert.False(ListenAddress.TryParse(text, out _, out var error));
        Assert.Equal(why, error);
    }
}
