using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;
using NetProfiler.Node.Exchanges;

namespace NetProfiler.Node.Tests;

/// <summary>How long the series of a container are shown that no task captures any more.</summary>
public sealed class SeriesRetentionTests
{
    private const long Second = 1_000_000_000;

    private static readonly ContainerIdentity Cart = new("1", "shop", "cart-1", "app", "Deployment/cart");
    private static readonly ContainerIdentity Other = new("2", "shop", "cart-2", "app", "Deployment/cart");

    // The first scrape after the end comes at any time within an interval.
    [Theory]
    [InlineData(30)]
    [InlineData(60)]
    public void The_first_scrape_after_the_end_shows_them_and_two_intervals_later_none_does(int interval)
    {
        for (int first = 0; first < interval; first++)
        {
            var retention = new SeriesRetention(namesPods: true);
            retention.Set([Cart, Other], 0);
            retention.Set([Other], Second);
            Assert.Null(retention.OnScrape((1 + first) * Second));
            Assert.NotNull(retention.OnScrape((1 + first + interval) * Second));
        }
    }

    [Fact]
    public void Only_what_left_is_removed_and_what_came_back_is_not()
    {
        var retention = new SeriesRetention(namesPods: true);
        retention.Set([Cart, Other], 0);
        retention.Set([Other], Second);
        Assert.Null(retention.OnScrape(2 * Second));
        var isGone = retention.OnScrape(40 * Second)!;
        Assert.Equal((true, false, false), (isGone(Owner(Cart)), isGone(Owner(Other)), isGone(null)));
        Assert.Null(retention.OnScrape(80 * Second));

        retention.Set([], 81 * Second);
        Assert.Null(retention.OnScrape(82 * Second));
        retention.Set([Other], 83 * Second);
        Assert.Null(retention.OnScrape(200 * Second));
    }

    [Fact]
    public void Without_a_container_everything_goes_also_what_is_folded()
    {
        var retention = new SeriesRetention(namesPods: true);
        retention.Set([Cart], 0);
        retention.Set([], Second);
        Assert.Null(retention.OnScrape(100 * Second)); // the first scrape has the last values
        var isGone = retention.OnScrape(101 * Second)!;
        Assert.Equal((true, true), (isGone(Owner(Cart)), isGone(null)));
    }

    private static string Owner(ContainerIdentity container) => PeerLabels.OwnerOf(container, namesPods: true);
}
