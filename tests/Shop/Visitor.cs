using System.Text;

namespace NetProfiler.Shop;

/// <summary>Makes visits and checks that each is answered as it should be. Its last line is the number of those that were.</summary>
internal static class Visitor
{
    public static async Task<int> RunAsync(Uri shop, int first, int count, int connections)
    {
        using var transport = new SocketsHttpHandler { ActivityHeadersPropagator = null, MaxConnectionsPerServer = connections,
            UseProxy = false };
        using var client = new HttpClient(transport) { BaseAddress = shop, Timeout = TimeSpan.FromSeconds(30) };

        var visits = Enumerable.Range(first, count).Select(number => new Visit(number)).ToList();
        int wrong = 0;
        await Parallel.ForEachAsync(visits.Where(visit => !visit.IsInTurn), new ParallelOptions { MaxDegreeOfParallelism = connections },
            async (visit, _) =>
        {
            if (!await IsAnsweredAsync(client, visit)) Interlocked.Increment(ref wrong);
        });
        foreach (var visit in visits.Where(visit => visit.IsInTurn))
            if (!await IsAnsweredAsync(client, visit)) wrong++;

        Console.WriteLine(count - wrong);
        return wrong == 0 ? 0 : 1;
    }

    private static async Task<bool> IsAnsweredAsync(HttpClient client, Visit visit)
    {
        using var request = new HttpRequestMessage(visit.IsCheckout ? HttpMethod.Post : HttpMethod.Get, visit.Path);
        if (visit.IsCheckout) request.Content = new StringContent(visit.Body, Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation("b3", visit.B3);
        request.Headers.TryAddWithoutValidation("x-next-sw8", visit.Sw8);
        request.Headers.TryAddWithoutValidation("x-next-traceparent", visit.Traceparent);
        try
        {
            using var response = await client.SendAsync(request);
            if ((int)response.StatusCode == visit.Status) return true;
            await Console.Error.WriteLineAsync($"{visit.Path}: {(int)response.StatusCode}");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{visit.Path}: {failure.Message}");
        }

        return false;
    }
}
