using NetProfiler.Operator.Loops;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

public class PaceTests
{
    [Fact]
    public void One_seconds_worth_comes_at_once_and_the_next_has_to_wait()
    {
        var time = new ManualTime();
        var pace = new Pace(10, time);
        for (int i = 0; i < 10; i++) Assert.True(pace.WaitAsync(default).IsCompleted);
        using var end = new CancellationTokenSource();
        var waiting = pace.WaitAsync(end.Token);
        Assert.False(waiting.IsCompleted);
        end.Cancel();

        // The one that gave up has had its place.
        time.Advance(0.2);
        Assert.True(pace.WaitAsync(default).IsCompleted);
        Assert.False(pace.WaitAsync(end.Token).IsCompletedSuccessfully);
    }

    [Fact]
    public void However_long_nobody_came_no_more_than_that_comes_at_once()
    {
        var time = new ManualTime();
        var pace = new Pace(5, time);
        time.Advance(3600);
        int atOnce = 0;
        while (pace.WaitAsync(new CancellationToken(canceled: true)).IsCompletedSuccessfully) atOnce++;
        Assert.Equal(5, atOnce);
    }
}
