// What a real cluster is made to run: shop cart | collector | visit URL FIRST COUNT CONNECTIONS. The other tiers are nginx and Node.js
// (servers/).
using NetProfiler.Shop;

return args switch
{
    ["cart"] => await Cart.RunAsync(),
    ["collector"] => await Collector.RunAsync(),
    ["visit", var url, var first, var count, var connections] =>
        await Visitor.RunAsync(new Uri(url), int.Parse(first), int.Parse(count), int.Parse(connections)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: shop cart | collector | visit URL FIRST COUNT CONNECTIONS");
    return 2;
}
