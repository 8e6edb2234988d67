#include "tests/support/provider.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 512, /* in the life of one server */
    REQUEST_SIZE = 16384,  /* head and body of a request */
    URL_SIZE = 64,
    DRIP_MS = 50,
    FLOOD_SIZE = 65536, /* bytes at a time */
};

/* One connection; belongs to its thread, except for what is said to be shared. */
typedef struct {
    provider_t *provider;
    pthread_t thread;
    int socket; /* shared: provider_destroy shuts it down */
    SSL *ssl;   /* NULL without TLS */
    char request[REQUEST_SIZE + 1];
    size_t size; /* bytes of `request` */
} connection_t;

struct provider {
    SSL_CTX *tls; /* NULL without TLS */
    char *folder;
    char *ca_file;
    char url[URL_SIZE];
    int listener;
    pthread_t acceptor;

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    bool ending;
    provider_manner_t manner;
    unsigned status;
    char *headers;
    char *body;
    connection_t *connections[CONNECTIONS_MAX];
    size_t connection_count;
    size_t request_count;
    size_t at_once;
    size_t most_at_once;
    bool offered_http2;
    char last_request[REQUEST_SIZE + 1];
};

static bool send_bytes(connection_t *self, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = self->ssl != NULL
                           ? SSL_write(self->ssl, data, size < FLOOD_SIZE ? (int)size : FLOOD_SIZE)
                           : send(self->socket, data, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool receive_some(connection_t *self)
{
    size_t room = REQUEST_SIZE - self->size;
    char *end = self->request + self->size;
    ssize_t received = room == 0           ? 0
                       : self->ssl != NULL ? SSL_read(self->ssl, end, (int)room)
                                           : recv(self->socket, end, room, 0);
    if (received <= 0) {
        return false;
    }
    self->size += (size_t)received;
    self->request[self->size] = '\0';
    return true;
}

/* Bytes of the request in the buffer; 0 if it is not complete. */
static size_t request_size(const connection_t *self)
{
    const char *end = strstr(self->request, "\r\n\r\n");
    if (end == NULL) {
        return 0;
    }
    size_t size = (size_t)(end + 4 - self->request);
    const char *length = strcasestr(self->request, "\r\ncontent-length:");
    if (length != NULL && length < end) {
        size += strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
    }
    return size <= self->size ? size : 0;
}

static bool receive_request(connection_t *self)
{
    self->size = 0;
    self->request[0] = '\0';
    while (request_size(self) == 0) {
        if (!receive_some(self)) {
            return false;
        }
    }
    return true;
}

/* What a request is answered with: a copy, made under the lock. */
typedef struct {
    provider_manner_t manner;
    char *head;
    char *body;
} answer_t;

/* Notes the request, and waits if it is to hang. False when the server ends. */
static bool take_answer(connection_t *self, answer_t *ret_answer)
{
    provider_t *provider = self->provider;
    pthread_mutex_lock(&provider->lock);
    memcpy(provider->last_request, self->request, self->size + 1);
    provider->request_count++;
    provider->at_once++;
    if (provider->at_once > provider->most_at_once) {
        provider->most_at_once = provider->at_once;
    }
    while (!provider->ending && provider->manner == PROVIDER_HANGS) {
        pthread_cond_wait(&provider->changed, &provider->lock);
    }
    bool ending = provider->ending;
    ret_answer->manner = provider->manner;
    ret_answer->body = memory_copy_text(provider->body, strlen(provider->body));
    bool endless = provider->manner == PROVIDER_FLOODS;
    if (asprintf(&ret_answer->head,
                 "HTTP/1.1 %u Status\r\nContent-Type: application/json; charset=UTF-8\r\n"
                 "Content-Length: %zu\r\n%s\r\n",
                 provider->status, endless ? SIZE_MAX >> 2 : strlen(provider->body),
                 provider->headers) < 0) {
        abort();
    }
    pthread_mutex_unlock(&provider->lock);
    return !ending;
}

static bool is_ending(provider_t *self)
{
    pthread_mutex_lock(&self->lock);
    bool ending = self->ending;
    pthread_mutex_unlock(&self->lock);
    return ending;
}

static void drip(connection_t *self, const char *body)
{
    for (size_t i = 0; body[i] != '\0' && !is_ending(self->provider); i++) {
        if (!send_bytes(self, body + i, 1)) {
            return;
        }
        wait_nap(DRIP_MS);
    }
}

static void flood(connection_t *self)
{
    char *spaces = memory_new(FLOOD_SIZE);
    memset(spaces, ' ', FLOOD_SIZE);
    while (send_bytes(self, spaces, FLOOD_SIZE)) {
    }
    free(spaces);
}

/* The connection ends with RST, not with FIN. */
static void reset(const connection_t *self)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(self->socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

/* Answers; false if the connection is over. */
static bool give_answer(connection_t *self, const answer_t *answer)
{
    if (answer->manner == PROVIDER_RESETS) {
        reset(self);
        return false;
    }
    if (answer->manner == PROVIDER_BABBLES) {
        send_bytes(self, "SSH-2.0-OpenSSH_9.2\r\n\r\n", strlen("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
        return false;
    }
    size_t size = strlen(answer->body);
    bool sent = send_bytes(self, answer->head, strlen(answer->head));
    switch (answer->manner) {
    case PROVIDER_CUTS: send_bytes(self, answer->body, size / 2); return false;
    case PROVIDER_DRIPS: drip(self, answer->body); return false;
    case PROVIDER_FLOODS: flood(self); return false;
    default: return sent && send_bytes(self, answer->body, size);
    }
}

static void serve(connection_t *self)
{
    bool go_on = self->ssl == NULL || SSL_accept(self->ssl) == 1;
    while (go_on && receive_request(self)) {
        answer_t answer;
        go_on = take_answer(self, &answer);
        go_on = go_on && give_answer(self, &answer);
        free(answer.head);
        free(answer.body);
        pthread_mutex_lock(&self->provider->lock);
        self->provider->at_once--;
        pthread_mutex_unlock(&self->provider->lock);
    }
}

static void *connection_main(void *argument)
{
    connection_t *self = argument;
    serve(self);
    pthread_mutex_lock(&self->provider->lock);
    close(self->socket);
    self->socket = -1;
    pthread_mutex_unlock(&self->provider->lock);
    SSL_free(self->ssl);
    self->ssl = NULL;
    return NULL;
}

static void add_connection(provider_t *self, int socket)
{
    connection_t *connection = memory_new(sizeof *connection);
    *connection = (connection_t){.provider = self, .socket = socket};
    if (self->tls != NULL) {
        connection->ssl = SSL_new(self->tls);
        SSL_set_fd(connection->ssl, socket);
    }
    pthread_mutex_lock(&self->lock);
    if (self->ending || self->connection_count == CONNECTIONS_MAX) {
        close(socket);
        SSL_free(connection->ssl);
        free(connection);
    } else {
        self->connections[self->connection_count++] = connection;
        pthread_create(&connection->thread, NULL, connection_main, connection);
    }
    pthread_mutex_unlock(&self->lock);
}

static void *acceptor_main(void *argument)
{
    provider_t *self = argument;
    int socket;
    while ((socket = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        add_connection(self, socket);
    }
    return NULL;
}

/* Speaks only HTTP/1.1, and notes what the client offered. */
static int on_protocols(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                        const unsigned char *in, unsigned in_size, /* six parameters: OpenSSL's */
                        void *argument)
{
    static const unsigned char ours[] = "\x08http/1.1";
    provider_t *self = argument;
    unsigned char *chosen;
    (void)ssl;
    pthread_mutex_lock(&self->lock);
    self->offered_http2 = memmem(in, in_size, "\x02h2", 3) != NULL;
    pthread_mutex_unlock(&self->lock);
    if (SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, in, in_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static void listen_here(provider_t *self)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(self->listener >= 0);
    assert_int_equal(bind(self->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(self->listener, SOMAXCONN), 0);
    assert_int_equal(getsockname(self->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(self->url, sizeof self->url, "%s://127.0.0.1:%u", self->tls != NULL ? "https" : "http",
             (unsigned)ntohs(address.sin_port));
}

static provider_t *start(provider_t *self)
{
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->status = 200;
    self->headers = memory_copy_text("", 0);
    self->body = memory_copy_text("", 0);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to connections that are gone */
    listen_here(self);
    assert_int_equal(pthread_create(&self->acceptor, NULL, acceptor_main, self), 0);
    return self;
}

provider_t *provider_new(authority_kind_t kind)
{
    provider_t *self = memory_new(sizeof *self);
    self->folder = workspace_new();
    self->ca_file = workspace_path(self->folder, "ca.pem");
    self->tls = authority_server(kind, self->ca_file);
    SSL_CTX_set_alpn_select_cb(self->tls, on_protocols, self);
    return start(self);
}

provider_t *provider_new_plain(void)
{
    return start(memory_new(sizeof(provider_t)));
}

/* Ends what its threads wait for, and waits for them. */
static void stop(provider_t *self)
{
    shutdown(self->listener, SHUT_RDWR);
    pthread_mutex_lock(&self->lock);
    self->ending = true;
    for (size_t i = 0; i < self->connection_count; i++) {
        if (self->connections[i]->socket >= 0) {
            shutdown(self->connections[i]->socket, SHUT_RDWR);
        }
    }
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->acceptor, NULL);
    for (size_t i = 0; i < self->connection_count; i++) {
        pthread_join(self->connections[i]->thread, NULL);
        free(self->connections[i]);
    }
    close(self->listener);
}

void provider_destroy(provider_t **self_p)
{
    provider_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    stop(self);
    SSL_CTX_free(self->tls);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self->headers);
    free(self->body);
    free(self->ca_file);
    free(self->folder);
    free(self);
    *self_p = NULL;
}

void provider_set_reply(provider_t *self, const provider_reply_t *reply)
{
    const char *headers = reply->headers != NULL ? reply->headers : "";
    const char *body = reply->body != NULL ? reply->body : "";
    pthread_mutex_lock(&self->lock);
    free(self->headers);
    free(self->body);
    self->manner = reply->manner;
    self->status = reply->status != 0 ? reply->status : 200;
    self->headers = memory_copy_text(headers, strlen(headers));
    self->body = memory_copy_text(body, strlen(body));
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

void provider_set_body(provider_t *self, const char *body)
{
    provider_set_reply(self, &(provider_reply_t){.body = body});
}

const char *provider_url(const provider_t *self)
{
    return self->url;
}

const char *provider_ca_file(const provider_t *self)
{
    return self->ca_file;
}

static size_t count_of(provider_t *self, const size_t *count)
{
    pthread_mutex_lock(&self->lock);
    size_t value = *count;
    pthread_mutex_unlock(&self->lock);
    return value;
}

size_t provider_request_count(provider_t *self)
{
    return count_of(self, &self->request_count);
}

size_t provider_connection_count(provider_t *self)
{
    return count_of(self, &self->connection_count);
}

size_t provider_most_at_once(provider_t *self)
{
    return count_of(self, &self->most_at_once);
}

/* What provider_wait_requests waits for. */
typedef struct {
    provider_t *provider;
    size_t count;
} awaited_t;

static bool has_requests(void *argument)
{
    const awaited_t *awaited = argument;
    return provider_request_count(awaited->provider) >= awaited->count;
}

void provider_wait_requests(provider_t *self, size_t count)
{
    awaited_t awaited = {.provider = self, .count = count};
    if (!wait_until(has_requests, &awaited, WAIT_LIMIT_MS)) {
        fail_msg("%zu requests came to the provider, not %zu", provider_request_count(self), count);
    }
}

bool provider_was_offered_http2(provider_t *self)
{
    pthread_mutex_lock(&self->lock);
    bool offered = self->offered_http2;
    pthread_mutex_unlock(&self->lock);
    return offered;
}

char *provider_last_request(provider_t *self)
{
    pthread_mutex_lock(&self->lock);
    char *request = memory_copy_text(self->last_request, strlen(self->last_request));
    pthread_mutex_unlock(&self->lock);
    return request;
}

void provider_expect(provider_t *self, const char *part)
{
    char *request = provider_last_request(self);
    if (strstr(request, part) == NULL) {
        fail_msg("\"%s\" is not in the request:\n%s", part, request);
    }
    free(request);
}
