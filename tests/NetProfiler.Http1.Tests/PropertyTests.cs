using System.Buffers;
using NetProfiler.Http1.Tests.Support;

namespace NetProfiler.Http1.Tests;

/// <summary>What holds for all bytes; a failure names the seed that made them.</summary>
public class PropertyTests
{
    [Fact]
    public void Valid_messages_read_the_same_however_they_are_cut() => ForSeeds(100, generator =>
    {
        var (requests, toldRequests) = generator.Requests();
        for (int split = 0; split <= requests.Length; split++)
        {
            var conversation = Conversation.OfRequests().Feed(requests.AsSpan(..split)).Feed(requests.AsSpan(split..));
            Assert.Equal(toldRequests, conversation.Close());
        }

        var (responses, toldResponses) = generator.Responses();
        for (int split = 0; split <= responses.Length; split++)
        {
            var conversation = Conversation.OfResponses().Feed(responses.AsSpan(..split)).Feed(responses.AsSpan(split..));
            Assert.Equal(toldResponses, conversation.Close());
        }
    });

    [Fact]
    public void Damaged_messages_read_the_same_however_they_are_cut() => ForSeeds(5_000, generator =>
    {
        byte[] requests = generator.Mutated(generator.Requests().Bytes);
        Assert.Equal(Conversation.OfRequests().Feed(requests).Close(), generator.FeedInParts(Conversation.OfRequests(), requests));

        byte[] responses = generator.Mutated(generator.Responses().Bytes);
        Assert.Equal(Conversation.OfResponses().Feed(responses).Close(), generator.FeedInParts(Conversation.OfResponses(), responses));
    });

    [Fact]
    public void Noise_reads_the_same_however_it_is_cut() => ForSeeds(20_000, generator =>
    {
        byte[] noise = generator.Noise();
        Assert.Equal(Conversation.OfRequests().Feed(noise).Close(), generator.FeedInParts(Conversation.OfRequests(), noise));
        Assert.Equal(Conversation.OfResponses().Feed(noise).Close(), generator.FeedInParts(Conversation.OfResponses(), noise));
    });

    [Fact]
    public void Bodies_of_noise_consume_no_more_than_there_is() => ForSeeds(20_000, generator =>
    {
        byte[] noise = generator.Noise();
        foreach (var kind in Enum.GetValues<BodyKind>())
        {
            var body = new BodyReader(new BodyLength(kind, 7));
            var status = body.Read(noise, out int consumed);
            Assert.InRange(consumed, 0, noise.Length);
            Assert.InRange(body.ContentBytes, 0, consumed);
            if (status == OperationStatus.NeedMoreData) Assert.Equal(noise.Length, consumed);
        }
    });

    [Fact]
    public void Fields_of_noise_lie_within_it() => ForSeeds(20_000, generator =>
    {
        byte[] noise = generator.Noise();
        int bytes = 0;
        foreach (var field in new HeaderFields(noise)) bytes += field.Name.Length + 1 + field.Value.Length;
        Assert.InRange(bytes, 0, noise.Length);
    });

    [Fact]
    public void What_was_read_as_a_head_looks_like_one() => ForSeeds(20_000, generator =>
    {
        byte[] noise = [.. generator.Noise(), .. "\r\n\r\n"u8];
        if (HeadReader.TryReadRequest(noise, out _, out _) == OperationStatus.Done)
        {
            Assert.Equal(OperationStatus.Done, HeadReader.LooksLikeRequest(noise));
        }

        if (HeadReader.TryReadResponse(noise, out _, out _) == OperationStatus.Done)
        {
            Assert.Equal(OperationStatus.Done, HeadReader.LooksLikeResponse(noise));
        }
    });

    [Fact]
    public void To_skip_content_is_to_read_it() => ForSeeds(200, generator =>
    {
        var (bytes, length) = generator.Body();
        for (int start = 0; start <= bytes.Length; start++)
        {
            for (int count = 0; count <= bytes.Length - start; count++)
            {
                var skipping = new BodyReader(length);
                skipping.Read(bytes.AsSpan(..start), out _);
                int skipped = (int)skipping.Skip(count);
                Assert.InRange(skipped, 0, count);

                var reading = new BodyReader(length);
                reading.Read(bytes.AsSpan(..(start + skipped)), out _);
                Assert.Equal(reading, skipping);
            }
        }
    });

    private static void ForSeeds(int count, Action<MessageGenerator> test)
    {
        for (int seed = 0; seed < count; seed++)
        {
            try
            {
                test(new MessageGenerator(seed));
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"seed {seed}: {failure.Message}", failure);
            }
        }
    }
}
